// A grid that an article's window opened tells it what was saved, and closes.
const saved = document.getElementById("saved-ranking");
if (window.opener) {
  const { ranking, title } = saved.dataset;
  const periods = [...saved.children].map(({ dataset, textContent }) => ({
    period: dataset.period,
    label: textContent,
  }));
  window.opener.postMessage({ ranking, title, periods }, location.origin);
  window.close();
}
