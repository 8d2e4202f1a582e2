// On pages of visitors, and where a card was lost: no card and no codes stay behind on this device.
try { localStorage.removeItem("card-codes"); } catch { /* storage is switched off: nothing was kept */ }
self.caches?.delete("card");
