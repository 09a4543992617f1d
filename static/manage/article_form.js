"use strict";
/* What an article's form says of itself while it is filled: what its main button does, and what its
   folded rows hold. */
{
    const form = document.getElementById("article_form");
    const main = form.querySelector(".submit-row button.default");
    const label = main?.textContent;

    function sayNextStep() {
        const {now, review, other, later} = main.dataset;
        if (later) {
            const moment = momentOf("published_at");
            main.textContent = moment > new Date() ? later.replace("{when}", written(moment)) : label;
        } else if (now) {
            const isShown = (form.elements.state?.value ?? "published") === "published";
            const chosen = form.elements.readers_see.value === "review" ? review : now;
            main.textContent = isShown ? chosen : other;
        }
    }

    function momentOf(name) {
        const [date, time] = [0, 1].map((part) => form.elements[`${name}_${part}`]?.value.trim() ?? "");
        const moment = new Date(`${date}T${time}+09:00`);
        return Number.isNaN(moment.getTime()) ? null : moment;
    }

    function written(moment) {
        const options = {month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit"};
        const zone = {timeZone: "Asia/Seoul", hourCycle: "h23"};
        return moment.toLocaleString(document.documentElement.lang, {...options, ...zone});
    }

    if (main) {
        // A moment that the admin's calendar writes comes without an event of its own.
        for (const type of ["input", "change", "focusin"]) {
            form.addEventListener(type, sayNextStep);
        }
        sayNextStep();
    }

    /* A row is called what stands in the first of its fields. */
    form.addEventListener("focusout", ({target}) => {
        const row = target.closest(".rows .inline-related");
        const text = row?.querySelector(
            "[name$=-caption], [name$=-title], [name$=-path]",
        )?.value.trim();
        if (text) {
            row.querySelector(".row-title").textContent = text;
        }
    });
}
