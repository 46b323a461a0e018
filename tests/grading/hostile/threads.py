# tries: to go on in threads after its cell has ended, and to change names during the tests
# breaks itself
# %% first
import threading
import time


def spin():
    while True:
        globals().update(expected=None, checks=None, np=None)
        time.sleep(0)


for _ in range(4):
    threading.Thread(target=spin, daemon=True).start()
