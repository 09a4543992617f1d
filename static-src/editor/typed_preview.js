/* The page that readers would get of what is typed, at three widths: beside the text where there is
   room, drawn anew a second after the last key, and else over it. */

import {showLine} from "./preview.js";

const PAUSE = 1000;
const PHONE = 768;

export function startTypedPreview() {
    const dialog = document.querySelector("dialog.typed-preview");
    const form = dialog?.closest("form");
    if (!form) {
        return;
    }
    const opener = form.querySelector(".preview-tools button");
    const frame = dialog.querySelector("iframe");
    const status = dialog.querySelector("[role=status]");
    const body = form.querySelector("textarea.markdownx-editor");
    const isWide = matchMedia("(min-width: 1100px)");
    let drawing = false, isStale = false, timer;

    async function open() {
        if (!dialog.open) {
            if (isWide.matches) {
                dialog.show();
            } else {
                dialog.showModal();
            }
            fit();
        }
        await draw();
    }

    async function draw() {
        isStale = true;
        while (isStale && !drawing) {
            isStale = false;
            drawing = true;
            await drawOnce();
            drawing = false;
        }
    }

    async function drawOnce() {
        try {
            const answer = await fetch(dialog.dataset.address, {
                // As the form itself is sent: in parts, only forms of a few fields are read.
                method: "POST", body: new URLSearchParams(new FormData(form)),
            });
            const page = new DOMParser().parseFromString(await answer.text(), "text/html");
            if (!answer.ok) {
                const said = page.querySelector(".errornote")?.textContent;
                status.textContent = said || dialog.dataset.failed;
                return;
            }
            status.textContent = "";
            // The page's own script asks for its address, and this copy of it has none.
            page.querySelectorAll("script").forEach((script) => script.remove());
            await put(page);
            showCursor();
        } catch {
            status.textContent = dialog.dataset.failed;
        }
    }

    /* The first one is loaded; of the others the body changes, so that nothing flickers. */
    async function put(page) {
        const shown = frame.contentDocument;
        if (shown?.querySelector("main")) {
            shown.body.replaceWith(shown.adoptNode(page.body));
            return;
        }
        const loaded = new Promise((resolve) => {
            frame.addEventListener("load", resolve, {once: true});
        });
        frame.srcdoc = `<!doctype html>${page.documentElement.outerHTML}`;
        await loaded;
        frame.contentDocument.addEventListener("click", follow);
        frame.contentDocument.addEventListener("submit", (event) => event.preventDefault());
    }

    /* The frame holds this page alone: its links show a part of it, or open in a tab. */
    function follow(event) {
        const link = event.target.closest("a[href]");
        if (!link) {
            return;
        }
        event.preventDefault();
        if (link.getAttribute("href").startsWith("#")) {
            frame.contentDocument.getElementById(decodeURIComponent(link.hash.slice(1)))?.scrollIntoView();
        } else {
            window.open(link.href, "_blank", "noopener");
        }
    }

    function showCursor() {
        const page = frame.contentDocument?.scrollingElement;
        if (dialog.open && page && body.dataset.cursorLine) {
            showLine(page, Number(body.dataset.cursorLine));
        }
    }

    /* A page that is wider than there is room for is drawn smaller, not narrower. */
    function fit() {
        const {clientWidth, clientHeight} = frame.parentElement;
        const scale = Math.min(1, clientWidth / Number(frame.width));
        frame.height = Math.floor(clientHeight / scale);
        frame.style.transform = scale < 1 ? `scale(${scale})` : "";
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
        frame.width = button.value;
        dialog.dataset.width = button.value;
        fit();
        showCursor();
    }

    if (innerWidth < PHONE) {
        choose(dialog.querySelector("button"));
    }
    opener.hidden = false;
    opener.addEventListener("click", open);
    dialog.addEventListener("click", ({target}) => target.matches("button") && choose(target));
    form.addEventListener("cursorline", showCursor);
    form.addEventListener("input", () => {
        clearTimeout(timer);
        if (dialog.open) {
            timer = setTimeout(draw, PAUSE);
        }
    });
    window.addEventListener("resize", fit);
}
