"""The graph of agents as LangGraph runs it, with checkpoints in a SQLite file of their own.

A node is an agent: it lets the desk take the agent's steps and says who comes next. A node that waits interrupts; what
it is resumed with says nothing, since everything that happened is in the database. So a checkpoint that is older than
the database, or lost, costs a walk from the start and changes nothing.
"""

import sqlite3
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypedDict

from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt
from langsmith import tracing_context

from cloud.errors import UpstreamDown
from cloud.workflow.desk import OVER, WAITS, Astray
from cloud.workflow.model import EDGES, Agent

CHECKPOINTS_MAX: Final = 60
"""Of one run; a longer one forgets them and walks from the start when it is next looked at."""
_STEPS_MAX: Final = 50
"""Of the graph at a time; the whole way has six."""

Take = Callable[[Agent, int], str]
"""What an agent does for a case (cloud.workflow.desk.Desk.take)."""


class Where(TypedDict, total=False):
    """All that a checkpoint holds."""

    case: int
    turn: str
    """Who comes next."""


class Graph:
    """Runs cases from agent to agent. For one thread."""

    def __init__(self, take: Take, file: Path) -> None:
        """Open the checkpoints.

        Raises:
            UpstreamDown: the file cannot be used.
        """
        with _library():
            self._connection = sqlite3.connect(file, check_same_thread=False)
            serde = JsonPlusSerializer(allowed_msgpack_modules=None)  # plain values only, nothing is imported by name
            self._saver = SqliteSaver(self._connection, serde=serde)
            self._saver.setup()
            self._connection.execute("PRAGMA synchronous = FULL")
        self._graph = draw(take).compile(checkpointer=self._saver)

    def drive(self, number: int) -> None:
        """Let a case go on until its agent waits or it is over.

        Raises:
            UpstreamDown: the checkpoints or the database cannot be used just now.
        """
        with _library(), tracing_context(enabled=False):  # whatever the environment says, nothing goes to LangSmith
            try:
                self._invoke(number)
            except Astray:
                self._saver.delete_thread(thread(number))
                self._invoke(number)
            if not self._graph.get_state(_config(number)).next or self.checkpoints(number) > CHECKPOINTS_MAX:
                self._saver.delete_thread(thread(number))

    def threads(self) -> list[int]:
        """The cases of which there are checkpoints."""
        with _library():
            rows = self._connection.execute("SELECT DISTINCT thread_id FROM checkpoints").fetchall()
        return sorted(int(name.rpartition("/")[2]) for (name,) in rows)

    def checkpoints(self, number: int) -> int:
        """How many there are of a case."""
        query = "SELECT count(*) FROM checkpoints WHERE thread_id = ?"
        with _library():
            count: int = self._connection.execute(query, (thread(number),)).fetchone()[0]
        return count

    def forget(self, number: int) -> None:
        """Drop the checkpoints of a case."""
        with _library():
            self._saver.delete_thread(thread(number))

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _invoke(self, number: int) -> None:
        config = _config(number)
        state = self._graph.get_state(config)
        entry: Any = None  # killed on the way: go on from the last checkpoint
        if not state.next:
            self._saver.delete_thread(thread(number))
            entry = {"case": number}
        elif any(task.interrupts for task in state.tasks):
            entry = Command(resume=True)
        self._graph.invoke(entry, config, durability="sync")


def draw(take: Take) -> StateGraph[Where, None, Where, Where]:
    """The agents and the ways between them."""
    graph: StateGraph[Where, None, Where, Where] = StateGraph(Where)
    for agent in Agent:
        graph.add_node(agent.value, _node(agent, take))
        ways: dict[Hashable, str] = {after: after for before, after in EDGES if before == agent}
        graph.add_conditional_edges(agent.value, _turn, {**ways, agent.value: agent.value, OVER: END})
    graph.add_edge(START, Agent.DATA.value)
    return graph


def thread(number: int) -> str:
    """The name of a case's run."""
    return f"case/{number}"


def _node(agent: Agent, take: Take) -> Any:  # the library has eleven types for a node, and none for a plain one
    def node(where: Where) -> Where:
        turn = take(agent, where["case"])
        if turn == WAITS:
            interrupt(agent.value)
            turn = agent.value  # woken: look anew
        return {"turn": turn}

    return node


def _turn(where: Where) -> str:
    return where["turn"]


def _config(number: int) -> Any:
    return {"configurable": {"thread_id": thread(number)}, "recursion_limit": _STEPS_MAX}


@contextmanager
def _library() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise UpstreamDown(f"checkpoints: {error}") from error
