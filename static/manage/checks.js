"use strict";
/* The panel of checks follows what is typed, and leads to the place of what it has found. */
{
    const PAUSE = 1500;
    const panel = document.getElementById("checks");
    const form = panel.closest("form");
    const found = panel.querySelector(".checks-found");
    let timer, asking = false, isStale = false;

    async function look() {
        isStale = true;
        while (isStale && !asking) {
            isStale = false;
            asking = true;
            try {
                const answer = await fetch(panel.dataset.address, {
                    method: "POST", body: new URLSearchParams(new FormData(form)),
                });
                // Where it is refused, what was found last stays.
                if (answer.ok) {
                    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
                    found.replaceChildren(...page.body.childNodes);
                }
            } catch {
                // Not answered: the next key asks again.
            }
            asking = false;
        }
    }

    if (panel.dataset.address) {
        form.addEventListener("input", () => {
            clearTimeout(timer);
            timer = setTimeout(look, PAUSE);
        });
    }

    // Remarks beside the form lead to their places too.
    form.addEventListener("click", (event) => {
        const link = event.target.closest(".checks-found a, .remarks-beside a[data-line]");
        const place = link && document.getElementById(link.hash.slice(1));
        if (!place) {
            return;
        }
        place.querySelector("details")?.setAttribute("open", "");
        const body = place.matches("textarea") ? place : place.querySelector("textarea");
        if (link.dataset.line && body) {
            event.preventDefault();
            goTo(body, link.dataset.line);
        }
    });

    function goTo(body, line) {
        body.dispatchEvent(new CustomEvent("gotoline", {detail: Number(line)}));
    }

    // From a page of its own, a remark leads here by an address that names the line.
    const line = new URLSearchParams(location.search).get("line");
    const named = document.getElementById(location.hash.slice(1));
    const text = named?.matches("textarea") ? named : named?.querySelector("textarea");
    if (line && text) {
        addEventListener("load", () => goTo(text, line));
    }
}
