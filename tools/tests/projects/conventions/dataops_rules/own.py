"""Rules of this project."""

from dataops.check import Problem, rule


@rule(mend="name it otherwise", light="warn")
def names_last(model, *, words=("again",)):
    """What is called so today is called so in a year."""
    for word in words:
        if word in model.name.split("_"):
            yield Problem(f"{model.name} is called {word}", word)
