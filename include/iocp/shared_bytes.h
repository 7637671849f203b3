// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace iocp {

// Bytes that many share and nobody changes: what is posted to one client, or to a thousand, without a copy for each.
// A value; copying it copies a pointer. Safe to copy and read on any thread.
class SharedBytes {
public:
    SharedBytes() = default;
    SharedBytes(std::string text) : text_(std::make_shared<const std::string>(std::move(text))) {}
    SharedBytes(std::string_view text) : SharedBytes(std::string(text)) {}
    SharedBytes(const char* text) : SharedBytes(std::string(text)) {}
    explicit SharedBytes(std::span<const std::byte> bytes)
        : SharedBytes(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size())) {}

    [[nodiscard]] std::string_view Text() const noexcept {
        return text_ ? std::string_view(*text_) : std::string_view();
    }
    [[nodiscard]] std::span<const std::byte> Bytes() const noexcept { return std::as_bytes(std::span(Text())); }
    [[nodiscard]] std::size_t size() const noexcept { return text_ ? text_->size() : 0; }

private:
    std::shared_ptr<const std::string> text_;
};

}  // namespace iocp
