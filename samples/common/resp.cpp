// SPDX-License-Identifier: MIT
#include "resp.h"

#include <algorithm>
#include <charconv>
#include <system_error>

void CommandReader::Add(std::string_view bytes) {
    bytes_.erase(0, begin_);
    begin_ = 0;
    bytes_ += bytes;
}

bool CommandReader::Next() {
    words_.clear();
    while (!wrong_ && begin_ < bytes_.size()) {
        const std::size_t before = begin_;
        if (bytes_[begin_] == '*' ? !NextArray() : !NextInline()) {
            wrong_ = wrong_ || bytes_.size() - begin_ > kLongest;
            return false;
        }
        if (!words_.empty()) return true;
        if (begin_ == before) return false;
    }
    return false;
}

// A line of words, as people type them.
bool CommandReader::NextInline() {
    std::size_t at = begin_;
    auto line = Line(at);
    if (!line) return false;
    begin_ = at;
    while (!line->empty()) {
        const std::size_t end = std::min(line->find(' '), line->size());
        if (end > 0) words_.push_back(line->substr(0, end));
        line->remove_prefix(std::min(end + 1, line->size()));
    }
    return true;
}

bool CommandReader::NextArray() {
    std::size_t at = begin_;
    const auto count = Header(at, '*', static_cast<long long>(kMostWords));
    if (!count) return false;
    for (long long i = 0; i < *count; ++i) {
        const auto size = Header(at, '$', static_cast<long long>(kLongest));
        if (!size || bytes_.size() < at + static_cast<std::size_t>(*size) + 2) {
            words_.clear();
            return false;
        }
        words_.emplace_back(bytes_.data() + at, static_cast<std::size_t>(*size));
        at += static_cast<std::size_t>(*size) + 2;
    }
    begin_ = at;
    return true;
}

std::optional<std::string_view> CommandReader::Line(std::size_t& at) const {
    const std::size_t end = bytes_.find('\n', at);
    if (end == bytes_.npos) return std::nullopt;
    std::string_view line(bytes_.data() + at, end - at);
    if (line.ends_with('\r')) line.remove_suffix(1);
    at = end + 1;
    return line;
}

// "*3" or "$5".
std::optional<long long> CommandReader::Header(std::size_t& at, char kind, long long most) {
    const auto line = Line(at);
    if (!line) return std::nullopt;
    const auto number = line->starts_with(kind) ? ParseInteger(line->substr(1)) : std::nullopt;
    wrong_ = wrong_ || !number || *number < 0 || *number > most;
    return wrong_ ? std::nullopt : number;
}

std::string Upper(std::string_view text) {
    std::string upper(text);
    for (char& letter : upper)
        if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
    return upper;
}

std::optional<long long> ParseInteger(std::string_view text) {
    long long number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::string Simple(std::string_view text) { return std::string("+").append(text).append("\r\n"); }

std::string Error(std::string_view text) { return std::string("-ERR ").append(text).append("\r\n"); }

std::string WrongType() { return "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"; }

std::string Integer(long long number) { return std::string(":").append(std::to_string(number)).append("\r\n"); }

std::string Bulk(std::string_view text) {
    return std::string("$").append(std::to_string(text.size())).append("\r\n").append(text).append("\r\n");
}

std::string Nothing() { return "$-1\r\n"; }

std::string Array(const std::vector<std::string>& items) {
    std::string all = std::string("*").append(std::to_string(items.size())).append("\r\n");
    for (const std::string& item : items)
        all += Bulk(item);
    return all;
}
