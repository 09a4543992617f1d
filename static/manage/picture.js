/* The focal point of a picture: a click on it, beside the two fields of numbers. */

(() => {
    const frame = document.querySelector(".focal[data-hint]");
    const [x, y] = ["id_focal_x", "id_focal_y"].map((id) => document.getElementById(id));
    if (!frame || !x || !y) {
        return;
    }
    const image = frame.querySelector("img");
    const mark = document.createElement("span");
    mark.className = "focal-mark";
    frame.append(mark);
    frame.title = frame.dataset.hint;

    function show() {
        mark.style.setProperty("left", `${x.value}%`);
        mark.style.setProperty("top", `${y.value}%`);
    }

    image.addEventListener("click", (event) => {
        const box = image.getBoundingClientRect();
        const percent = (at, size) => Math.min(100, Math.max(0, Math.round(at * 100 / size)));
        x.value = percent(event.clientX - box.left, box.width);
        y.value = percent(event.clientY - box.top, box.height);
        x.dispatchEvent(new Event("input", {bubbles: true}));
        y.dispatchEvent(new Event("input", {bubbles: true}));
    });
    for (const field of [x, y]) {
        field.addEventListener("input", show);
    }
    show();
})();
