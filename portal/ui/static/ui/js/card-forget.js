// On pages of visitors: whoever has signed out leaves no card and no codes behind on this device.
try { localStorage.removeItem("card-codes"); } catch { /* storage is switched off: nothing was kept */ }
self.caches?.delete("card");
