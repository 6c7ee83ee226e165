"""Stages that work at the same time, each in its own thread, with bounded queues between.

    for item in ahead(decode(), 4):      # decodes up to 4 items ahead
        sink.put(paint(item))            # while another thread encodes

NumPy, OpenCV, FFmpeg and OpenVINO release Python's lock while they work.
"""

import collections
import concurrent.futures
import queue
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
PATIENCE = 0.1  # seconds between two checks whether the other side has stopped


class Stopped(Exception):
    """The other side of a queue has stopped."""


class Channel(Generic[Item]):
    """A queue of bounded length; each side notices if the other side stops."""

    def __init__(self, depth: int) -> None:
        self.queue: queue.Queue[Item] = queue.Queue(depth)
        self.stopped = threading.Event()

    def put(self, item: Item) -> None:
        """Add an item; wait while the queue is full.

        Raises:
            Stopped: if the other side has stopped.
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
            Stopped: if the other side has stopped.
        """
        while not self.stopped.is_set():
            try:
                return self.queue.get(timeout=PATIENCE)
            except queue.Empty:
                continue
        raise Stopped


def ahead(items: Iterable[Item], depth: int) -> Generator[Item, None, None]:
    """Yield items in order, while another thread makes up to `depth` items ahead.

    Errors in the other thread are raised here. If the generator is closed, the other thread
    ends after its current item.
    """
    # (item, None), or (None, error); StopIteration at the end.
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
            yield item  # type: ignore  # without an error there is an item
    finally:
        channel.stopped.set()
        thread.join()


class Sink(Generic[Item]):
    """Call a function with items, in order, in another thread.

    Args:
        work: the function.
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
        """Add an item; raise the error of `work`, if there was one."""
        try:
            self.channel.put(item)
        except Stopped:
            self.thread.join()
            raise self.error or Stopped from None

    def close(self) -> None:
        """Wait until all items are done; raise the error of `work`, if there was one."""
        try:
            self.channel.put(None)
        except Stopped:
            pass
        self.thread.join()
        if self.error is not None:
            raise self.error

    def stop(self) -> None:
        """Stop without the items that still wait."""
        self.channel.stopped.set()
        self.thread.join()


def in_order(
    items: Iterable[Item], work: Callable[[Item, int], Result], workers: int
) -> Iterator[Result]:
    """Yield the result of `work` for each item, in the items' order.

    Args:
        items: the items.
        work: function of an item and the number of a worker, 0 to `workers` - 1. Each
            worker does one call at a time.
        workers: how many calls run at the same time; one worker runs in this thread.
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
