# tries: to run for ever and ignore the interrupt
# slow
# %% task-1a
import signal

signal.signal(signal.SIGINT, signal.SIG_IGN)
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
