// SPDX-License-Identifier: MIT
// RESP 2, the protocol of Redis: commands as they come in, and replies.
// https://redis.io/docs/latest/develop/reference/protocol-spec
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Takes commands out of bytes that come in pieces.
class CommandReader {
public:
    static constexpr std::size_t kLongest = 8 << 20;  // bytes of a command
    static constexpr std::size_t kMostWords = 65'536;

    void Add(std::string_view bytes);

    // The next whole command. Its words live until the next Add.
    [[nodiscard]] bool Next();
    [[nodiscard]] const std::vector<std::string_view>& Words() const { return words_; }

    // What came is no command.
    [[nodiscard]] bool IsWrong() const { return wrong_; }

private:
    bool NextInline();
    bool NextArray();
    std::optional<std::string_view> Line(std::size_t& at) const;
    std::optional<long long> Header(std::size_t& at, char kind, long long most);

    std::string bytes_;
    std::size_t begin_ = 0;  // of what has not been taken
    std::vector<std::string_view> words_;
    bool wrong_ = false;
};

[[nodiscard]] std::string Upper(std::string_view text);
[[nodiscard]] std::optional<long long> ParseInteger(std::string_view text);

[[nodiscard]] std::string Simple(std::string_view text);
[[nodiscard]] std::string Error(std::string_view text);
[[nodiscard]] std::string WrongType();
[[nodiscard]] std::string Integer(long long number);
[[nodiscard]] std::string Bulk(std::string_view text);
[[nodiscard]] std::string Nothing();
[[nodiscard]] std::string Array(const std::vector<std::string>& items);
