# tries: to hold up the tests with a function that never returns
# slow
# %% task-1a
def sigmoid(x):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass


sigmoid_derivative = sigmoid
