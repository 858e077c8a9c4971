"""Sockets that answer who asks for a session with anything but a session. SPDX-License-Identifier: MIT"""
import array
import fcntl
import mmap
import os
import socket
import struct
import threading

F_ADD_SEALS, F_SEAL_SHRINK, F_SEAL_GROW = 1033, 2, 4
HELLO = struct.pack("II", 1, 1)
FIRST_PID = 9000001  # beyond any process


class Listener:
    """A socket named as a session's; answer(connection) is what each caller gets. None: nobody accepts."""

    def __init__(self, runtime_dir, number, answer, kind=socket.SOCK_SEQPACKET):
        directory = os.path.join(runtime_dir, "perfadapt")
        os.makedirs(directory, mode=0o700, exist_ok=True)
        self.pid = FIRST_PID + number
        self.path = os.path.join(directory, f"{self.pid}-{number:016x}.sock")
        self.socket = socket.socket(socket.AF_UNIX, kind)
        self.socket.bind(self.path + ".new")
        if kind != socket.SOCK_DGRAM:
            self.socket.listen(1)
        os.rename(self.path + ".new", self.path)
        self.kept = []
        self.answer = answer
        self.thread = None
        if answer is not None:
            self.thread = threading.Thread(target=self.serve, daemon=True)
            self.thread.start()

    def serve(self):
        while True:
            try:
                connection = self.socket.accept()[0]
                keep = self.answer(connection)
            except OSError:
                if self.socket.fileno() < 0:
                    return
                continue
            if keep:
                self.kept.append(connection)
            else:
                connection.close()

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()
        if self.thread is not None:
            self.thread.join(10)
        for connection in self.kept:
            connection.close()
        if os.path.exists(self.path):
            os.unlink(self.path)


def send(connection, message, *fds):
    connection.sendmsg([message], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else [])


def hand_out(make, count=1, message=HELLO):
    """An answer with descriptors that make() opens."""
    def answer(connection):
        fds = [make() for _ in range(count)]
        try:
            send(connection, message, *fds)
        finally:
            for fd in fds:
                os.close(fd)
    return answer


def memory(size, seals=0, content=b""):
    fd = os.memfd_create("hostile", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(fd, size)
    os.pwrite(fd, content, 0)
    if seals:
        fcntl.fcntl(fd, F_ADD_SEALS, seals)
    return fd


def write_only(content):
    fd = memory(len(content), F_SEAL_SHRINK | F_SEAL_GROW, content)
    again = os.open(f"/proc/self/fd/{fd}", os.O_WRONLY)
    os.close(fd)
    return again


def region_of(path):
    """A copy of the region that a session hands out."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        connection.connect(path)
        _, fds, _, _ = socket.recv_fds(connection, 64, 1)
    try:
        with mmap.mmap(fds[0], 0, prot=mmap.PROT_READ) as region:
            return region[:]
    finally:
        os.close(fds[0])


def truncating(content):
    """Gives memory that may shrink, and takes it away at once and for ever."""
    def answer(connection):
        fd = memory(len(content), 0, content)
        send(connection, HELLO, fd)
        os.ftruncate(fd, 0)
        os.close(fd)
    return answer


def dripping(connection):
    """A byte of the message, then nothing."""
    connection.send(HELLO[:1])
    return True
