// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/options.h>

#include <memory>
#include <optional>
#include <string>

namespace iocp::detail {

class BufferPool;
class Engine;

struct IoUringRefusal {
    std::string reason;   // "EPERM"
    int native_code = 0;  // 0: it was not the system
};

// Tries what the engine needs, by use. Nothing where all of it works.
[[nodiscard]] std::optional<IoUringRefusal> ProbeIoUring(const Options& options);

// Throws StartError.
[[nodiscard]] std::unique_ptr<Engine> MakeIoUringEngine(const Options& options, BufferPool& buffers);

}  // namespace iocp::detail
