// SPDX-License-Identifier: MIT
#include "storm.h"

#include <csignal>
#include <filesystem>
#include <iterator>

namespace storm {

std::size_t OpenDescriptors() {
    const auto count = std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
    return static_cast<std::size_t>(count);
}

void RaiseTermination() { std::raise(SIGTERM); }

}  // namespace storm
