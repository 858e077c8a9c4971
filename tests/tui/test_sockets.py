#!/usr/bin/python3
"""perfadapt-top beside sockets that are no session's. SPDX-License-Identifier: MIT"""
import os
import socket
import struct
import sys
import unittest

import outcome
from test_hostile import MIB, WRITER, Hostile  # skips where pyte is missing
from test_top import TIMEOUT_S, TOP
from hostile_sockets import (F_SEAL_GROW, F_SEAL_SHRINK, FIRST_PID, HELLO, dripping, hand_out, memory, region_of, send,
                             truncating, write_only)

PID_AT = 16  # in a region


class Sockets(Hostile):
    """Sockets that answer with anything but a region."""

    def setUp(self):
        super().setUp()
        self.peers = []
        self.addCleanup(lambda: [peer.close() for peer in self.peers])

    def test_each(self):
        well = self.writer("well")
        directory = os.path.join(self.runtime_dir, "perfadapt")
        region = region_of(os.path.join(directory, os.listdir(directory)[0]))
        sealed = F_SEAL_SHRINK | F_SEAL_GROW
        whole = {number: region[:PID_AT] + struct.pack("i", FIRST_PID + number) + region[PID_AT + 4:]
                 for number in (8, 17)}
        answers = {
            "another message": (hand_out(lambda: memory(8), 1, b"\2\0\0\0\1\0\0\0"), "version"),
            "a pipe": (hand_out(self.pipe_end), "corrupt"),
            "a directory": (hand_out(lambda: os.open("/", os.O_RDONLY)), "corrupt"),
            "/dev/zero": (hand_out(lambda: os.open("/dev/zero", os.O_RDWR)), "corrupt"),
            "a file": (hand_out(lambda: os.open(TOP, os.O_RDONLY)), "corrupt"),
            "nothing": (hand_out(lambda: memory(0, sealed)), "corrupt"),
            "zeros": (hand_out(lambda: memory(MIB, sealed)), "corrupt"),
            "a huge hole": (hand_out(lambda: memory(1 << 40, sealed)), "corrupt"),
            "a region in a hole": (hand_out(lambda: memory(1 << 29, sealed, whole[8])), "running|idle|silent"),
            "a region cut": (hand_out(lambda: memory(len(region) // 2, sealed, region[:len(region) // 2])), "corrupt"),
            "what may shrink": (hand_out(lambda: memory(len(region), 0, region)), "corrupt"),
            "what shrinks": (truncating(region), "corrupt"),
            "write-only": (hand_out(lambda: write_only(region)), "corrupt"),
            "two": (hand_out(lambda: memory(len(region), sealed, region), 2), "corrupt"),
            "two hundred": (hand_out(lambda: memory(8), 200), "corrupt"),
            "none": (hand_out(lambda: 0, 0), "corrupt"),
            "a drip": (dripping, "corrupt"),
            "a long message": (hand_out(lambda: memory(len(region), sealed, whole[17]), 1, HELLO + bytes(4096)),
                               "running|idle|silent"),
            "no answer": (lambda connection: True, "silent"),
            "a closed door": (lambda connection: False, "silent"),
            "nobody": (None, "silent")}
        listeners = {name: self.listener(number, answer)
                     for number, (name, (answer, _)) in enumerate(answers.items())}
        kinds = {socket.SOCK_STREAM: "stream", socket.SOCK_DGRAM: "datagrams"}
        for number, (kind, name) in enumerate(kinds.items()):
            listeners[name] = self.listener(100 + number, None, kind)
            answers[name] = (None, "corrupt")
        terminal = self.start(150, 100)
        terminal.wait_text(f"({len(listeners) + 1})")
        self.assert_answers(terminal)
        for name, listener in listeners.items():
            with self.subTest(answer=name):
                self.show(terminal, listener.pid)
                self.wait_state(terminal, listener.pid, answers[name][1])
        descriptors = self.descriptors(terminal)
        self.assert_small(terminal)
        for listener in listeners.values():
            listener.close()
        terminal.wait_text("(1)")
        self.wait_state(terminal, well.pid, "running")
        self.assertLessEqual(self.descriptors(terminal), descriptors)
        self.assert_answers(terminal)
        self.assert_ends(terminal)
        self.assert_clean(terminal)

    def test_lingering(self):
        """Whoever closes the last descriptor of such a connection waits for a peer that never reads."""
        for count in (1, 8):
            connections = [self.lingering() for _ in range(count)]
            listener = self.listener(count, hand_out(connections.pop, count))
            self.sample()
            listener.close()

    def lingering(self):
        try:
            server = socket.create_server(("127.0.0.1", 0))
            result = socket.create_connection(server.getsockname())
        except OSError as error:
            self.skipTest(f"no connection within this machine: {error}")
        self.peers += [server, server.accept()[0]]
        result.setblocking(False)
        try:
            while True:
                result.send(bytes(65536))
        except BlockingIOError:
            pass
        result.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 3 * TIMEOUT_S))
        return result.detach()

    def test_empty_messages(self):
        """They look like the end of the connection, and bring descriptors."""
        asked = []

        def answer(connection):
            asked.append(connection)
            send(connection, b"", *[reading] * 8)
        reading = self.pipe_end()
        self.addCleanup(os.close, reading)
        terminal = self.start(120, 40, "-d", "0.05")
        terminal.wait_text("no app with a budget found")
        descriptors = self.descriptors(terminal)
        self.listener(0, answer)
        terminal.wait(lambda: len(asked) > 10, "ten questions")
        self.assertLessEqual(self.descriptors(terminal), descriptors + 1)  # the next question's
        self.assert_answers(terminal)
        self.assert_ends(terminal)

    @staticmethod
    def pipe_end():
        reading, writing = os.pipe()
        os.close(writing)
        return reading

    def show(self, terminal, pid):
        """Selects apps one after the other until this one is on the screen."""
        for key in "jk":
            for _ in range(64):
                if str(pid) in terminal.text():
                    return
                terminal.keys(key)
                terminal.read(0.05)
        self.fail(f"{pid} is not on the screen\n{terminal.text()}")

    def test_of_another_user(self):
        if os.geteuid() != 0:
            self.skipTest("only root can hand out another user's memory")

        def another():
            fd = memory(MIB, F_SEAL_SHRINK | F_SEAL_GROW)
            os.fchown(fd, 65534, 65534)
            return fd
        listener = self.listener(0, hand_out(another))
        terminal = self.start()
        self.wait_state(terminal, listener.pid, "denied")


if __name__ == "__main__":
    if not os.path.exists(WRITER):
        print(f"skipped: {WRITER} is not built")
        sys.exit(77)
    outcome.run()
