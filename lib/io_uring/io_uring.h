// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/options.h>

#include <memory>
#include <string>

namespace iocp::detail {

class BufferPool;
class Engine;

// Tries what the engine needs, by use. Empty where all of it works, otherwise the reason why not: "EPERM".
[[nodiscard]] std::string ProbeIoUring(const Options& options);

// Throws StartError.
[[nodiscard]] std::unique_ptr<Engine> MakeIoUringEngine(const Options& options, BufferPool& buffers);

}  // namespace iocp::detail
