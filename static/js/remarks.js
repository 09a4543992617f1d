"use strict";
/* A passage or a cell that is chosen in a preview goes into the form of a remark below it. */
{
    const CONTEXT = 80, LONGEST = 500;
    const section = document.getElementById("remark-form");
    const form = section.querySelector("form");
    const root = document.querySelector("main");
    const shown = form.querySelector(".cell-chosen");
    const button = document.createElement("button");
    let chosen = null;

    button.type = "button";
    button.className = "button remark-here";
    button.textContent = section.dataset.choose;
    button.hidden = true;
    document.body.append(button);

    const plain = (text) => text.replace(/\s+/g, " ");

    /* Without the links to comments that stand beside figures: they are none of the text. */
    function textOf(range) {
        const content = range.cloneContents();
        content.querySelectorAll("a.beside").forEach((link) => link.remove());
        return plain(content.textContent);
    }

    /* What stands in the main part before or after a range, as far as it tells places apart. */
    function around(range, end) {
        const beside = document.createRange();
        beside.selectNodeContents(root);
        if (end) {
            beside.setStart(range.endContainer, range.endOffset);
            return textOf(beside).trimStart().slice(0, CONTEXT);
        }
        beside.setEnd(range.startContainer, range.startOffset);
        return textOf(beside).trimEnd().slice(-CONTEXT);
    }

    /* A cell is called by the heads that it names, and by its row. */
    function cellOf(range) {
        const start = range.startContainer;
        const cell = (start.nodeType === Node.TEXT_NODE ? start.parentElement : start).closest("td, th");
        if (!cell || !root.contains(cell)) {
            return "";
        }
        const table = cell.closest("table");
        const ids = (cell.getAttribute("headers") ?? "").split(" ");
        const heads = ids.map((id) => id && document.getElementById(id)?.textContent.trim());
        const caption = table.caption?.querySelector("span") ?? table.caption;
        return [caption?.textContent.trim(), ...heads].filter(Boolean).map(plain).join(" › ");
    }

    function look() {
        const selection = getSelection();
        const range = selection.rangeCount && !selection.isCollapsed ? selection.getRangeAt(0) : null;
        const isText = range && root.contains(range.commonAncestorContainer)
            && !section.contains(range.commonAncestorContainer);
        const quote = isText ? textOf(range).trim().slice(0, LONGEST) : "";
        button.hidden = !quote;
        if (!quote) {
            return;
        }
        chosen = {
            quote, before: around(range, false), after: around(range, true), cell: cellOf(range),
        };
        const box = range.getBoundingClientRect();
        const left = Math.min(box.left, document.documentElement.clientWidth - button.offsetWidth - 8);
        button.style.left = `${Math.max(8, left) + scrollX}px`;
        button.style.top = `${box.bottom + scrollY + 8}px`;
    }

    // The button takes the selection's place only once it is pressed.
    button.addEventListener("mousedown", (event) => event.preventDefault());
    button.addEventListener("click", () => {
        for (const [name, value] of Object.entries(chosen)) {
            form.elements[name].value = value;
        }
        shown.textContent = chosen.cell;
        shown.hidden = !chosen.cell;
        button.hidden = true;
        form.elements.text.focus();
        section.scrollIntoView({block: "center"});
    });
    // Typed by hand, it is another passage.
    form.elements.quote.addEventListener("input", () => {
        for (const name of ["before", "after", "cell"]) {
            form.elements[name].value = "";
        }
        shown.hidden = true;
    });
    document.addEventListener("selectionchange", look);
}
