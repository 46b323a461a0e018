# tries: to bring its own test cells, with the names and points of the real ones
# duplicate: test-1a
# %% last
score = 100.0
score
