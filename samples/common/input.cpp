// SPDX-License-Identifier: MIT
#include "input.h"

#include "terminal.h"

#include <cerrno>
#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <system_error>

Input::Input(const std::string& name, std::size_t block)
    : name_(name == "-" ? "standard input" : name), block_(block), from_(name == "-" ? std::cin : file_) {
    if (name == "-") {
        ReadStandardInputAsBytes();
        return;
    }
    file_.open(name, std::ios::binary);
    if (!file_) throw std::runtime_error("cannot open " + name + ": " + std::generic_category().message(errno));
    std::error_code unknown;
    const std::uintmax_t size = std::filesystem::file_size(name, unknown);
    if (!unknown) size_ = size;
}

std::span<const std::byte> Input::Next() {
    from_.read(reinterpret_cast<char*>(block_.data()), static_cast<std::streamsize>(block_.size()));
    if (from_.bad()) throw std::runtime_error("cannot read " + name_);
    return {block_.data(), static_cast<std::size_t>(from_.gcount())};
}
