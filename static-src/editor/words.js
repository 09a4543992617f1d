/* The interface's words, which stand on the page in its language. */

export function words() {
    return document.getElementById("editor-tools").dataset;
}
