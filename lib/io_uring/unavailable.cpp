// SPDX-License-Identifier: MIT
// In place of the engine where the library was built without liburing.
#include "engine.h"
#include "io_uring.h"

namespace iocp::detail {

std::string ProbeIoUring(const Options&) { return "built without liburing"; }

std::unique_ptr<Engine> MakeIoUringEngine(const Options&, BufferPool&) {
    throw StartError("this library was built without liburing");
}

}  // namespace iocp::detail
