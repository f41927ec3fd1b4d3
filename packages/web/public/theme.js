// Runs before the first paint, so that a chosen theme does not flash; the app takes over in src/state/theme.ts.
try {
  const theme = localStorage.getItem('starling.theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
} catch {
  // Without storage the system decides.
}
