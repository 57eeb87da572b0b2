"""Parser of a command: errors of one line that suggest names, and sources in any form."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

from sklvision.utils._suggest import did_you_mean


@dataclass(frozen=True)
class Source:
    """A model, or data, that a command takes as a word at its place, or by an option."""

    destination: str
    metavar: str
    option: str
    convert: Any = str
    is_list: bool = False
    is_required: bool = False
    is_path: bool = True

    @property
    def option_destination(self) -> str:
        """Name of the option's value, which is that of no other argument."""
        return f"{self.destination} of {self.option}"

    def describe(self) -> str:
        """Describe the source as in a usage."""
        return f"{self.metavar} [{self.metavar} ...]" if self.is_list else self.metavar


class Parser(argparse.ArgumentParser):
    """Parser whose errors take one line; --help shows the usage."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._sources: list[Source] = []

    def error(self, message: str) -> NoReturn:
        """Exit with one line and status 2."""
        self.exit(2, f"{self.prog}: error: {message}\n")

    def add_source(self, source: Source, *, help: str, aliases: Sequence[str] = ()) -> None:
        """Add a word, and an option that says the same; the order of calls is that of the words."""
        nargs = "*" if source.is_list else "?"
        self.add_argument(source.destination, metavar=source.metavar, nargs=nargs, help=help)
        self.add_argument(
            source.option,
            *aliases,
            dest=source.option_destination,
            metavar=source.metavar,
            nargs="+" if source.is_list else None,
            action=_StoreOnce,
            help=f"another way to pass {source.metavar}",
        )
        self._sources.append(source)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse, assign words to sources, and exit with an error if anything is left."""
        namespace, arguments = super().parse_known_args(args, namespace)
        options, words = _split_words(arguments)
        if options:
            self._raise_unknown(options[0])
        self._assign_sources(namespace, words)
        return namespace, []

    def _raise_unknown(self, argument: str) -> NoReturn:
        name = argument.partition("=")[0]
        names = self._option_string_actions  # argparse has no public list
        close = get_close_matches(name, names, n=1, cutoff=0.5)
        hint = f"Did you mean {close[0]}? " if close else ""
        hint += "" if self._sources else "Options of a command come after its name. "
        self.error(f"There is no option {name}. {hint}{self.prog} --help lists all.")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Raise with the nearest of the names that an argument may have."""
        if action.choices is None or value in action.choices:
            return
        hint = did_you_mean(str(value), map(str, action.choices))
        if action.nargs != argparse.PARSER:
            raise argparse.ArgumentError(action, f"{value!r} is not one of the values. {hint}")
        if Path(value).exists():
            path = shlex.quote(value)
            hint = f"To look at data, type: {self.prog} info {path}. {hint}"
        raise argparse.ArgumentError(None, f"There is no command {value!r}. {hint}")

    def _assign_sources(self, namespace: argparse.Namespace, late_words: list[str]) -> None:
        """Assign words in their order to the sources that no option names."""
        words: list[str] = []
        values: dict[str, Any] = {}
        for source in self._sources:
            word = getattr(namespace, source.destination)
            words += word or [] if source.is_list else [] if word is None else [word]
            values[source.destination] = getattr(namespace, source.option_destination)
            delattr(namespace, source.option_destination)
        words += late_words
        by_option = [source for source in self._sources if values[source.destination] is not None]
        by_word = [source for source in self._sources if source not in by_option]
        for source in by_word:
            n_words = len(words) if source.is_list else 1
            taken_words, words = words[:n_words], words[n_words:]
            value = taken_words if source.is_list else taken_words[0] if taken_words else None
            values[source.destination] = value
        if words:
            self._raise_too_many(words, by_option, by_word, values)
        for source in self._sources:
            value = values[source.destination]
            if value == "" or (source.is_list and "" in value):  # an empty variable of a shell
                self.error(f"{source.metavar} is empty.")
            if not value:
                self._check_missing(source, namespace)
            elif source.is_list:
                value = [source.convert(part) for part in value]
            else:
                value = source.convert(value)
            setattr(namespace, source.destination, value)

    def _raise_too_many(
        self,
        words: list[str],
        by_option: list[Source],
        by_word: list[Source],
        values: dict[str, Any],
    ) -> NoReturn:
        if not by_option:
            usage = " ".join([self.prog, *(source.describe() for source in self._sources)])
            self.error(f"{_quote(words)}: too many arguments; expected: {usage}")
        source = by_option[-1]
        option = f"{source.option} {_quote(values[source.destination])}"
        if not by_word:
            self.error(
                f"{source.metavar} is given twice, by {option} and as {_quote(words)}; pass it "
                "once."
            )
        all_words = [values[item.destination] for item in by_word] + words
        self.error(
            f"too many arguments besides {option}: {_quote(all_words)}; expected only "
            f"{' '.join(item.describe() for item in by_word)}."
        )

    def _check_missing(self, source: Source, namespace: argparse.Namespace) -> None:
        """Raise if a source is required, or was taken for a value of another option."""
        for name, value in vars(namespace).items():
            last = value[-1] if isinstance(value, list) and value else None
            if source.is_path and isinstance(last, str) and Path(last).exists():
                option = f"--{name.replace('_', '-')}"
                self.error(
                    f"{option} {last}: is a path; put {source.metavar} before {option}, or pass "
                    f"it by {source.option}."
                )
        if source.is_required:
            usage = " ".join([self.prog, *(item.describe() for item in self._sources)])
            self.error(f"{source.metavar} is missing; expected: {usage}. See: {self.prog} --help")


class _StoreOnce(argparse.Action):
    """Store a value; a second one is an error instead of the only one that counts."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        if getattr(namespace, self.dest) is not None:
            raise argparse.ArgumentError(self, "is given twice; pass it once.")
        setattr(namespace, self.dest, values)


def _split_words(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Split arguments into options and words; all behind "--" are words."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    leading_arguments, words = arguments[:end], arguments[end + 1 :]
    options = [
        argument for argument in leading_arguments if argument.startswith("-") and argument != "-"
    ]
    return options, [argument for argument in leading_arguments if argument not in options] + words


def _quote(value: Any) -> str:
    return shlex.join(value if isinstance(value, list) else [str(value)])
