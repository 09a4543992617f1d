"use strict";
/* Who else has this form open, asked while somebody looks at it. Nothing is locked: a page that is
   closed says so, and one that says nothing is forgotten. */
{
    const EVERY = 10_000;
    const PATIENCE = 8000;

    const place = document.getElementById("presence");
    const list = place.querySelector("ul");
    const status = place.querySelector("[role=status]");
    let token = document.querySelector("[name=csrfmiddlewaretoken]").value;
    let isAsking = false;
    let known = null;
    let timer = null;

    function ask(method, options = {}) {
        return fetch(place.dataset.address, {
            method, headers: {"X-CSRFToken": token}, redirect: "error", ...options,
        });
    }

    async function answer() {
        for (let time = 0; time < 2; time += 1) {
            const found = await ask("POST", {signal: AbortSignal.timeout(PATIENCE)});
            if (found.status !== 403) {
                return found.ok ? (await found.json()).others : null;
            }
            // After a new sign-in in another window, its token is the right one.
            const renewed = await ask("GET", {signal: AbortSignal.timeout(PATIENCE)});
            if (renewed.status === 403) {
                break;
            }
            token = (await renewed.json()).token;
        }
        stop();
        return [];
    }

    async function look() {
        if (isAsking) {
            return;
        }
        isAsking = true;
        try {
            show(await answer() ?? []);
        } catch {
            // Whoever is offline is told elsewhere; what was last known would soon be false.
            show([]);
        }
        isAsking = false;
    }

    function show(others) {
        list.replaceChildren(...others.map(({text}) => {
            const entry = document.createElement("li");
            entry.textContent = text;
            return entry;
        }));
        place.hidden = !others.length;
        const here = others.map(({who}) => who).sort().join();
        // The minutes go on; only who comes is worth a word aloud.
        if (here !== known) {
            known = here;
            status.textContent = others.map(({text}) => text).join(" ");
        }
    }

    function begin() {
        if (document.visibilityState === "visible" && timer === null) {
            timer = setInterval(look, EVERY);
            look();
        }
    }

    function stop() {
        clearInterval(timer);
        timer = null;
    }

    document.addEventListener("visibilitychange", () => {
        if (document.visibilityState === "visible") {
            begin();
        } else {
            stop();
        }
    });
    window.addEventListener("focus", begin);
    window.addEventListener("pageshow", begin);
    window.addEventListener("pagehide", () => {
        stop();
        ask("DELETE", {keepalive: true}).catch(() => null);
    });
    begin();
}
