/* What is typed, as the reader would see it: whatever shows it keeps the cursor's block in sight. */

/* Bring the block into sight that begins at a line of the text, or at the last one before it. */
export function showLine(scroller, line) {
    const blocks = [...scroller.querySelectorAll("[data-line]")];
    const block = blocks.findLast(({dataset}) => Number(dataset.line) <= line);
    if (!block) {
        return;
    }
    const isPage = scroller === scroller.ownerDocument.scrollingElement;
    const height = scroller.clientHeight;
    const at = block.getBoundingClientRect().top - (isPage ? 0 : scroller.getBoundingClientRect().top);
    if (at < height * 0.1 || at > height * 0.8) {
        scroller.scrollTop += at - height / 3;
    }
}

export function previewOf(field) {
    const box = field.parentElement.querySelector(".markdownx-preview");
    if (box) {
        // Long ones are scrolled by keys too.
        box.tabIndex = 0;
    }
    const show = () => box && showLine(box, Number(field.dataset.cursorLine));

    function follow({state, docChanged, selectionSet}) {
        const line = String(state.doc.lineAt(state.selection.main.head).number);
        if ((docChanged || selectionSet) && line !== field.dataset.cursorLine) {
            field.dataset.cursorLine = line;
            field.dispatchEvent(new Event("cursorline", {bubbles: true}));
            show();
        }
    }

    // django-markdownx draws it anew half a second after the last key.
    field.parentElement.addEventListener("markdownx.update", show);
    return {follow};
}
