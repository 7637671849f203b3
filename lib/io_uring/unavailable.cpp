// SPDX-License-Identifier: MIT
// In place of the engine where the library was built without liburing.
#include "engine.h"
#include "io_uring.h"

namespace iocp::detail {

std::optional<IoUringRefusal> ProbeIoUring(const Options&) { return IoUringRefusal{"built without liburing"}; }

std::unique_ptr<Engine> MakeIoUringEngine(const Options&, BufferPool&) {
    throw StartError("this library was built without liburing");
}

}  // namespace iocp::detail
