"use strict";
/* The page that readers would get of what is typed, at three widths. */
{
    const dialog = document.querySelector("dialog.typed-preview");
    const opener = document.querySelector(".preview-tools button");
    const form = dialog?.closest("form");

    async function show() {
        const frame = dialog.querySelector("iframe");
        const status = dialog.querySelector("[role=status]");
        const at = frame.contentWindow?.scrollY ?? 0;
        status.textContent = "";
        dialog.showModal();
        try {
            const answer = await fetch(dialog.dataset.address, {
                method: "POST", body: new FormData(form),
            });
            const text = await answer.text();
            if (!answer.ok) {
                throw new Error(`The preview answers ${answer.status}`);
            }
            // The page's own script asks for its address, and this copy of it has none.
            const page = new DOMParser().parseFromString(text, "text/html");
            page.querySelectorAll("script").forEach((script) => script.remove());
            frame.addEventListener("load", () => frame.contentWindow.scrollTo(0, at), {once: true});
            frame.srcdoc = `<!doctype html>${page.documentElement.outerHTML}`;
        } catch {
            status.textContent = dialog.dataset.failed;
        }
    }

    function choose(button) {
        if (button.value === "close") {
            dialog.close();
            return;
        }
        for (const each of dialog.querySelectorAll("button[aria-pressed]")) {
            each.removeAttribute("aria-pressed");
        }
        button.setAttribute("aria-pressed", "true");
        dialog.querySelector("iframe").width = button.value;
    }

    if (form) {
        opener.hidden = false;
        opener.addEventListener("click", show);
        dialog.addEventListener("click", ({target}) => target.matches("button") && choose(target));
    }
}
