// SPDX-License-Identifier: MIT
#include "buffer_pool.h"
#include "io_uring.h"
#include "io_uring_engine.h"
#include "socket.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string>

namespace iocp::detail {

namespace {

// Receives a byte that is there already, the way in which clients' bytes are received.
int ReceiveOneByte(Engine& engine, int descriptor) {
    IOCP_Operation operation;
    operation.kind = IOCP_Operation::Kind::RecvLent;
    operation.socket = static_cast<SocketHandle>(descriptor);
    static_cast<void>(engine.Submit(operation));
    OperationQueue ended;
    while (ended.Empty()) engine.Wait(ended, std::chrono::seconds(1));
    if (operation.buffer != nullptr) operation.buffer->GiveBack();
    return operation.native_code;
}

IoUringRefusal RefusedWith(int code) { return {NameOfNativeCode(code), code}; }

}  // namespace

std::optional<IoUringRefusal> ProbeIoUring(const Options& options) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return RefusedWith(errno);
    const bool written = write(pair[1], "", 1) == 1;
    std::optional<IoUringRefusal> refusal;
    try {
        BufferPool buffers(options.receive_buffer, options.provided_buffers);
        IoUringEngine engine(options, buffers);
        const int code = written ? ReceiveOneByte(engine, pair[0]) : EIO;
        if (code != 0) refusal = RefusedWith(code);
    } catch (const StartError& error) {
        refusal = RefusedWith(error.NativeCode());
    }
    close(pair[0]);
    close(pair[1]);
    return refusal;
}

}  // namespace iocp::detail
