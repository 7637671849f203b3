// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iosfwd>
#include <span>
#include <string>
#include <vector>

// A file, or standard input, block by block. What fails is thrown as a std::runtime_error.
class Input {
public:
    // `name` "-" is standard input. `block` is in bytes.
    Input(const std::string& name, std::size_t block);

    // Bytes in all; 0 where nobody knows.
    [[nodiscard]] std::uint64_t Size() const noexcept { return size_; }

    // The next block, or what is left; empty at the end. Valid until the next call.
    [[nodiscard]] std::span<const std::byte> Next();

private:
    std::string name_;
    std::vector<std::byte> block_;
    std::ifstream file_;
    std::istream& from_;
    std::uint64_t size_ = 0;
};
