// SPDX-License-Identifier: MIT
#include "socket.h"

#include <iocp/result.h>

namespace iocp {

std::string_view ToString(Outcome outcome) noexcept {
    switch (outcome) {
        case Outcome::Ok: return "ok";
        case Outcome::Closed: return "closed";
        case Outcome::Reset: return "reset";
        case Outcome::Timeout: return "timeout";
        case Outcome::Stopped: return "stopped";
        case Outcome::Full: return "full";
        case Outcome::TooLong: return "too long";
        case Outcome::SystemError: return "system error";
    }
    return "unknown";
}

std::string Result::Message() const {
    std::string message(ToString(outcome_));
    if (native_code_ != 0) message += " (" + detail::DescribeNativeCode(native_code_) + ")";
    return message;
}

}  // namespace iocp
