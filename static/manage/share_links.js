"use strict";
/* The address that was just made is copied by a button. */
{
    const field = document.getElementById("new-address");
    const button = field?.parentElement.querySelector("button");
    if (button && navigator.clipboard) {
        button.hidden = false;
        button.addEventListener("click", async () => {
            await navigator.clipboard.writeText(field.value);
            button.textContent = button.dataset.done;
        });
    }
    field?.addEventListener("focus", () => field.select());
}
