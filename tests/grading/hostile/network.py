# tries: to reach the network, the machine's own services and abstract sockets
# %% task-1a
import socket

for family, address in (
    (socket.AF_INET, ("127.0.0.1", PORT)),
    (socket.AF_INET, ("1.1.1.1", 53)),
    (socket.AF_INET6, ("::1", PORT)),
    (socket.AF_UNIX, "\0course-hostile"),
    (socket.AF_UNIX, "/var/run/docker.sock"),
):
    try:
        with socket.socket(family) as s:
            s.settimeout(1)
            s.connect(address)
        print("LEAK", address)
    except OSError:
        pass
