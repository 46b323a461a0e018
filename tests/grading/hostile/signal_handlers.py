# tries: to run code of its own whenever a signal or a timer fires
# breaks itself
# %% first
import signal

for number in range(1, 64):
    try:
        signal.signal(number, lambda *a: None)
    except (OSError, ValueError):
        pass
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
