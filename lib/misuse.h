// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace iocp::detail {

// Ends the process with a sentence about what the program did wrong.
[[noreturn]] void Misuse(std::string_view sentence) noexcept;

}  // namespace iocp::detail
