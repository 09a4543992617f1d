/* The row of tools above the text: one stop for Tab, left and right within it. */

export function makeTools() {
    const template = document.getElementById("editor-tools");
    const element = template.content.firstElementChild.cloneNode(true);
    const find = (selector) => element.querySelector(selector);
    const phrases = Object.fromEntries(
        [...template.content.querySelectorAll("[data-phrase]")]
            .map((word) => [word.dataset.phrase, word.textContent]),
    );
    const status = find("[role=status]");
    const dialog = find("dialog");
    status.textContent = template.dataset.hint;
    dialog.querySelector("button").addEventListener("click", () => dialog.close());

    function start(view, commands) {
        const bar = find("[role=toolbar]");
        // Asked each time: some tools are taken away where they have no use.
        const buttons = () => [...bar.querySelectorAll("button")];
        bar.addEventListener("click", (event) => {
            const name = event.target.closest("button")?.dataset.command;
            if (name === "shortcuts") {
                dialog.showModal();
            } else if (name) {
                commands[name](view);
                if (!["picture", "library", "find"].includes(name)) {
                    view.focus();
                }
            }
        });
        // The text keeps its selection, and a syllable that is being composed its end.
        bar.addEventListener("mousedown", (event) => event.preventDefault());
        bar.addEventListener("keydown", (event) => {
            const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
            const all = buttons();
            const at = all.indexOf(event.target);
            if (step && at >= 0) {
                event.preventDefault();
                choose(all[(at + step + all.length) % all.length]).focus();
            }
        });

        function choose(button) {
            buttons().forEach((each) => {
                each.tabIndex = each === button ? 0 : -1;
            });
            return button;
        }
        choose(buttons()[0]);
    }

    return {
        element, phrases, start,
        words: template.dataset,
        picker: find("input[type=file]"),
        caption: {panel: find(".picture-caption"), input: find(".picture-caption input")},
        rankings: {button: find("[aria-expanded]"), list: find(".ranking-choices")},
        library: {
            dialog: find(".picture-library"),
            search: find(".picture-library input"),
            found: find(".picture-library .found"),
        },
        report: {panel: find(".paste-report"), list: find(".paste-report ul")},
        say: (text) => {
            status.textContent = text;
        },
    };
}
