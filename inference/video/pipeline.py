"""Stages that overlap: each in a thread of its own, bounded queues between them.

    for item in ahead(decode(), 4):      # decodes up to 4 items ahead
        sink.put(paint(item))            # while another thread encodes

NumPy, OpenCV, FFmpeg and OpenVINO let go of Python's lock while they work.
"""

import collections
import concurrent.futures
import queue
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
PATIENCE = 0.1  # seconds between two looks at whether the other side has given up


class Stopped(Exception):
    """The other side of a queue has given up."""


class Channel(Generic[Item]):
    """A queue of bounded length whose two sides notice when the other one gives up."""

    def __init__(self, depth: int) -> None:
        self.queue: queue.Queue[Item] = queue.Queue(depth)
        self.stopped = threading.Event()

    def put(self, item: Item) -> None:
        """Add an item; wait while the queue is full.

        Raises:
            Stopped: if nobody will take it.
        """
        while not self.stopped.is_set():
            try:
                return self.queue.put(item, timeout=PATIENCE)
            except queue.Full:
                continue
        raise Stopped

    def get(self) -> Item:
        """Return the next item; wait for it.

        Raises:
            Stopped: if none will come.
        """
        while not self.stopped.is_set():
            try:
                return self.queue.get(timeout=PATIENCE)
            except queue.Empty:
                continue
        raise Stopped


def ahead(items: Iterable[Item], depth: int) -> Generator[Item, None, None]:
    """Yield items in order, made in another thread, at most `depth` of them ahead.

    Whatever making them raises is raised here. If the generator is closed, the thread
    ends after the item that it is making.
    """
    # An item, or what was raised; StopIteration at the end.
    channel: Channel[tuple[Item | None, BaseException | None]] = Channel(depth)

    def make() -> None:
        try:
            for item in items:
                channel.put((item, None))
            channel.put((None, StopIteration()))
        except Stopped:
            pass
        except BaseException as error:  # it is raised in the other thread
            try:
                channel.put((None, error))
            except Stopped:
                pass

    thread = threading.Thread(target=make, daemon=True)
    thread.start()
    try:
        while True:
            item, error = channel.get()
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            yield item  # type: ignore  # an item stands where no error does
    finally:
        channel.stopped.set()
        thread.join()


class Sink(Generic[Item]):
    """Hands items to a function, in order, in another thread.

    Args:
        work: called with each item.
        depth: how many items may wait.
    """

    def __init__(self, work: Callable[[Item], object], depth: int) -> None:
        self.channel: Channel[Item | None] = Channel(depth)
        self.error: BaseException | None = None
        self.thread = threading.Thread(target=self.run, args=(work,), daemon=True)
        self.thread.start()

    def run(self, work: Callable[[Item], object]) -> None:
        try:
            while (item := self.channel.get()) is not None:
                work(item)
        except Stopped:
            pass
        except BaseException as error:  # it is raised in the other thread
            self.error = error
        finally:
            self.channel.stopped.set()

    def put(self, item: Item) -> None:
        """Add an item; raise what `work` raised, if it has."""
        try:
            self.channel.put(item)
        except Stopped:
            self.thread.join()
            raise self.error or Stopped from None

    def close(self) -> None:
        """Wait until everything is done; raise what `work` raised, if it has."""
        try:
            self.channel.put(None)
        except Stopped:
            pass
        self.thread.join()
        if self.error is not None:
            raise self.error

    def stop(self) -> None:
        """Give up what waits."""
        self.channel.stopped.set()
        self.thread.join()


def in_order(
    items: Iterable[Item], work: Callable[[Item, int], Result], workers: int
) -> Iterator[Result]:
    """Yield what `work` returns for each item, in the items' order.

    Args:
        items: what there is to do.
        work: takes an item and the number of a worker, 0 to `workers` - 1; of each
            worker one call runs at a time.
        workers: how many calls run at a time; with one, it is called in this thread.
    """
    if workers == 1:
        yield from (work(item, 0) for item in items)
        return
    free: queue.Queue[int] = queue.Queue()
    for number in range(workers):
        free.put(number)

    def call(item: Item) -> Result:
        number = free.get()
        try:
            return work(item, number)
        finally:
            free.put(number)

    waiting: collections.deque[concurrent.futures.Future] = collections.deque()
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        try:
            for item in items:
                waiting.append(pool.submit(call, item))
                if len(waiting) > workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
