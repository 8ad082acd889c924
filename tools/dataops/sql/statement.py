"""A query as text, words and tree, with what the tree does not tell of its text."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from sqlglot import Dialect, exp
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from dataops.sql.relation import UnresolvedError

NAME = "name"
"""Where the parser notes by which name a function was called: several may share one node type."""

_OPENING = {TokenType.SELECT, TokenType.WITH, TokenType.L_PAREN, TokenType.FROM, TokenType.VALUES}
_TEXTS = {TokenType.STRING, TokenType.NATIONAL_STRING, TokenType.RAW_STRING, TokenType.HEREDOC_STRING,
          TokenType.UNICODE_STRING, TokenType.BYTE_STRING}  # fmt: skip
_EXACT = _TEXTS | {TokenType.IDENTIFIER, TokenType.VAR}
_TYPES = {member.name for member in exp.DataType.Type}
_SAME_TYPE = {"INTEGER": "INT", "INT4": "INT", "INT8": "BIGINT", "INT2": "SMALLINT", "BOOL": "BOOLEAN"}
# Words that change nothing, or whose place in the tree is plain.
_IDLE = frozenset({"AS", "INNER", "OUTER", "ASC", "SELECT", "FROM", "WHERE", "CAST", "NOT", "AND", "OR", "IS",
                   "NULLS", "FIRST", "LAST"})  # fmt: skip


@dataclass(frozen=True)
class Statement:
    """One query. Equal `words`: nothing but comments, layout and the case of keywords differs.

    `spelled`: how a text is written wherever that is not the plain way, since escapes are not kept in the tree.
    `types`: the words used for each type, since several words may become one type.
    `lost`: words that the tree does not seem to hold.
    """

    dialect: Dialect
    tree: exp.Query
    words: tuple[str, ...]
    spelled: dict[str, tuple[str, ...]]
    types: dict[str, tuple[str, ...]]
    lost: Counter[str]


def words(sql: str, dialect: str) -> tuple[str, ...]:
    """The words of a text without comments and layout.

    Raises:
        UnresolvedError: it cannot be taken apart.
    """
    try:
        speaker = Dialect.get_or_raise(dialect)
        return _words(sql, speaker.tokenize(sql))
    except (SqlglotError, ValueError, RecursionError) as error:
        raise UnresolvedError(_because(error)) from error


@lru_cache(maxsize=256)
def read(sql: str, dialect: str) -> Statement:
    """Parse a query.

    Raises:
        UnresolvedError: it is not one query, or the dialect's parser does not know it.
    """
    try:
        speaker = Dialect.get_or_raise(dialect)
        speaker.ORIGINAL_NAME_META_KEY = NAME
        tokens = speaker.tokenize(sql)
        if not tokens or tokens[0].token_type not in _OPENING:
            raise UnresolvedError("is not a query")
        trees = [tree for tree in speaker.parser().parse(tokens, sql) if tree and not isinstance(tree, exp.Semicolon)]
        if len(trees) != 1 or not isinstance(trees[0], exp.Query):
            raise UnresolvedError("is not a single query")
        tree = trees[0]
        lost = _lost(tree, tokens, speaker)
        _without_truisms(tree)
        return Statement(speaker, tree, _words(sql, tokens), _spelled(sql, tokens), _type_words(tokens), lost)
    except (SqlglotError, ValueError, RecursionError) as error:
        raise UnresolvedError(_because(error)) from error


def _without_truisms(tree: exp.Query) -> None:
    """Take `1 = 1` and `true` out of filters, where all of a filter's other conditions have to hold anyway."""
    for where in [each for each in tree.find_all(exp.Where) if isinstance(each.parent, exp.Select)]:
        pending = [where.this]
        while pending:
            node = pending.pop()
            if isinstance(node, exp.And):
                pending += [node.left, node.right]
            elif _truism(node) and isinstance(node.parent, exp.And):
                both = node.parent
                both.replace(both.left if node is both.right else both.right)
            elif _truism(node):
                where.pop()


def _truism(node: exp.Expr) -> bool:
    if isinstance(node, exp.EQ):
        sides = node.left, node.right
        return all(isinstance(each, exp.Literal) and each.name.isdigit() for each in sides) and sides[0] == sides[1]
    return isinstance(node, exp.Boolean) and node.this is True


def occurrences(sql: str, dialect: str, word: str) -> tuple[int, ...]:
    """The lines on which a word stands, whatever it means there; without a tokenizer for it, the first line."""
    try:
        tokens = Dialect.get_or_raise(dialect).tokenize(sql)
    except (SqlglotError, ValueError, RecursionError):
        return (1,)
    return tuple(sorted({token.line for token in tokens if token.text.casefold() == word.casefold()}))


def _because(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "is nested too deeply to be followed"
    lines = str(error).splitlines() or ["no reason given"]
    return f"cannot be parsed: {lines[0]}"


def _raw(sql: str, token: Token) -> str:
    return sql[token.start : token.end + 1]


def _words(sql: str, tokens: list[Token]) -> tuple[str, ...]:
    found = [
        _raw(sql, token) if token.token_type in _EXACT else _raw(sql, token).upper()
        for token in tokens
        if token.token_type not in (TokenType.SEMICOLON, TokenType.BREAK)
    ]
    if "/*!" in sql:
        found.append(sql)  # some engines run what such a comment holds
    return tuple(found)


def _spelled(sql: str, tokens: list[Token]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for token in tokens:
        if token.token_type in _TEXTS:
            raw = _raw(sql, token)
            plain = "\\" not in raw and raw in (f"'{token.text}'", f'"{token.text}"')
            found.setdefault(token.text, []).append("" if plain else raw)
    return {text: _in_brief(raws) for text, raws in found.items() if any(raws)}


def _type_words(tokens: list[Token]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for token in tokens:
        kind = token.token_type.name
        if kind in _TYPES and token.token_type not in _EXACT:
            word = token.text.upper()
            found.setdefault(kind, []).append(_SAME_TYPE.get(word, word))
    return {kind: _in_brief(spellings) for kind, spellings in found.items()}


def _in_brief(spellings: list[str]) -> tuple[str, ...]:
    """One spelling, or all of them in turn: which of them belongs to which place is not known."""
    return (spellings[0],) if len(set(spellings)) == 1 else tuple(spellings)


def _lost(tree: exp.Query, tokens: list[Token], speaker: Dialect) -> Counter[str]:
    """Words of the text that are missing when the tree is written out again."""
    kept = Counter(map(_word, speaker.tokenize(tree.sql(dialect=speaker, comments=False))))
    named = {str(node.meta[NAME]).upper() for node in tree.find_all(exp.Func) if NAME in node.meta}
    lost: Counter[str] = Counter()
    for token in tokens:
        word = _word(token)
        wordlike = token.token_type in _TEXTS or any(letter.isalnum() for letter in word)
        if wordlike and word not in _IDLE and word not in named and token.token_type.name not in _TYPES:
            lost[word] += 1
    lost.subtract(kept)
    return +lost


def _word(token: Token) -> str:
    return token.text if token.token_type in _TEXTS else token.text.upper()
