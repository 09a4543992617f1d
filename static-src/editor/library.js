/* The library of pictures: one that is there already is chosen in a dialog, and written into the
   text with what the library says of it. */

import {insertBlock} from "./commands.js";

export function libraryOf(tools) {
    const {words} = tools;
    const {dialog, search, found} = tools.library;
    let view;

    async function show(query) {
        found.setAttribute("aria-busy", "true");
        const response = await fetch(`${words.library}?${query}`).catch(() => null);
        // Whoever is signed out is led to another page.
        if (response?.ok && !response.redirected) {
            found.innerHTML = await response.text();
        } else {
            found.textContent = words.notRead;
        }
        found.removeAttribute("aria-busy");
    }

    function look() {
        return show(new URLSearchParams({q: search.value}));
    }

    function choose(code) {
        dialog.close();
        insertBlock(view, view.state.selection.main.to, code, [2, code.indexOf("](")]);
        view.focus();
    }

    function start(started) {
        view = started;
        found.addEventListener("click", (event) => {
            const {code, query} = event.target.closest("button")?.dataset ?? {};
            if (code) {
                choose(code);
            } else if (query) {
                show(query).then(() => found.querySelector("button")?.focus());
            }
        });
        // None of this is part of the form that it stands in.
        for (const type of ["input", "change"]) {
            search.addEventListener(type, (event) => event.stopPropagation());
        }
        search.addEventListener("keydown", (event) => {
            if (event.key === "Enter") {
                event.preventDefault();
                if (!event.isComposing) {
                    look();
                }
            }
        });
        dialog.querySelector("[data-look]").addEventListener("click", look);
        dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
    }

    function open() {
        dialog.showModal();
        search.focus();
        look();
    }

    return {start, open};
}
