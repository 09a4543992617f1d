"use strict";
/* The Markdown field's manners where no editor stands over it, the periods of a ranking table, and
   what the fields are called that Select2 draws. */
{
    const EDITOR = ".markdownx-editor";

    let words = {};
    let script = null;

    /* Events are caught on the window, before django-markdownx hears them on the textarea: its
       keys would trap Tab, and its uploads would write an error message into the text. */

    window.addEventListener("keydown", (event) => {
        if (event.target.matches?.(EDITOR)) {
            event.stopPropagation();
        }
    }, true);

    for (const [type, carrier] of [["paste", "clipboardData"], ["drop", "dataTransfer"]]) {
        window.addEventListener(type, (event) => {
            if (event.target.matches?.(EDITOR) && event[carrier]?.files.length) {
                event.preventDefault();
                event.stopPropagation();
            }
        }, true);
    }

    /* An error page instead of a preview would be put into the page whole. */
    document.addEventListener("markdownx.update", noteBrokenPreview, true);
    document.addEventListener("markdownx.updateError", noteBrokenPreview, true);

    function noteBrokenPreview(event) {
        const preview = event.target.querySelector?.(".markdownx-preview");
        const isPage = /<html/i.test(event.detail?.[0] ?? "");
        if (preview && (isPage || event.type === "markdownx.updateError")) {
            const note = document.createElement("p");
            note.className = "errornote";
            note.textContent = words.noPreview;
            preview.replaceChildren(note);
        }
    }

    /* django-markdownx starts the editors that are there when its script runs. The empty row of
       an inline must wait until it is copied, and the script then runs again for the copies. */

    document.addEventListener("DOMContentLoaded", () => {
        words = document.getElementById("manage-words")?.dataset ?? {};
        script = document.querySelector("script[src*='markdownx/js/markdownx']");
        for (const editor of document.querySelectorAll(EDITOR)) {
            if (editor.closest(".empty-form")) {
                editor.setAttribute("data-markdownx-init", "");
            }
        }
        document.querySelectorAll(".inline-related:not(.empty-form)").forEach(showPeriods);
    });

    document.addEventListener("formset:added", (event) => {
        const editors = event.target.querySelectorAll(EDITOR);
        for (const editor of editors) {
            editor.removeAttribute("data-markdownx-init");
        }
        if (editors.length && script) {
            const again = document.createElement("script");
            again.src = script.src;
            document.head.append(again);
        }
        showPeriods(event.target);
    });

    /* Show the periods of the chosen ranking only. */

    document.addEventListener("change", (event) => {
        if (event.target.matches("select[name$='-ranking']")) {
            const row = event.target.closest(".inline-related");
            showPeriods(row);
            row.querySelectorAll(".ranking-periods > [hidden] :checked").forEach((box) => {
                box.checked = false;
            });
        }
    });

    function showPeriods(row) {
        const title = row.querySelector("select[name$='-ranking']")?.selectedOptions[0]?.text;
        row.querySelectorAll("div.ranking-periods > div").forEach((group) => {
            group.hidden = group.querySelector("label").textContent !== title;
        });
    }

    /* Select2 leaves its boxes without a name while nothing is chosen. */
    document.addEventListener("DOMContentLoaded", () => window.django?.jQuery(() => {
        for (const select of document.querySelectorAll("select.admin-autocomplete")) {
            const label = document.querySelector(`label[for="${select.id}"]`)?.textContent;
            const box = select.parentElement.querySelector(".select2-selection");
            if (label && box) {
                const name = label.replace(/:\s*$/, "");
                for (const each of [box, ...box.querySelectorAll("[role=textbox], [type=search]")]) {
                    each.setAttribute("aria-label", name);
                    each.removeAttribute("aria-labelledby");
                }
            }
        }
    }));
}
