// Runs before the first paint, so that a chosen theme never flashes. A file of its own: the page allows no inline code.
(() => {
  try {
    const chosen = localStorage.getItem('causeway-theme');
    if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
  } catch (error) {
    console.info('The theme follows the system: this browser keeps no settings.', error);
  }
})();
