// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/iocp.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What a program can be told on its command line. Each option is declared once, with its help and what it sets:
//   Arguments arguments("echo_server", "Sends back what it receives.");
//   arguments.Add("--port N", "where to listen", Number(port, 0, 65'535));
//   if (const auto exit_code = arguments.Read(count, values)) return *exit_code;
class Arguments {
public:
    struct Value {
        std::string expected;  // as in "--port takes a number from 0 to 65535"
        std::string initial;   // for --help
        std::function<bool(const std::string& text)> set;
    };

    Arguments(std::string program, std::string purpose);

    // `usage` is the option with a word for its value, "--port N", or one word without dashes for what stands alone.
    void Add(std::string usage, std::string help, Value value);

    // Yields the exit code where the program is to end at once: 0 after --help, 2 after a sentence on what is wrong.
    [[nodiscard]] std::optional<int> Read(int count, const char* const* values);

    // Says on standard error what is wrong, and yields the exit code for it.
    [[nodiscard]] int Refuse(const std::string& sentence) const;

private:
    struct Option {
        std::string name;
        std::string usage;
        std::string help;
        Value value;
    };

    void PrintHelp() const;

    std::string program_;
    std::string purpose_;
    std::vector<Option> options_;
};

// The variables that are set must live as long as the Arguments.

template <class T>
[[nodiscard]] Arguments::Value Number(T& into, T least, T most) {
    const auto set = [&into, least, most](const std::string& text) {
        T number{};
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc() || end != text.data() + text.size() || number < least || number > most) return false;
        into = number;
        return true;
    };
    return {"a number from " + std::to_string(least) + " to " + std::to_string(most), std::to_string(into), set};
}

// One of `choices`, which have a ToString.
template <class T>
[[nodiscard]] Arguments::Value OneOf(T& into, std::vector<T> choices) {
    std::string names;
    for (std::size_t i = 0; i < choices.size(); ++i) {
        if (i > 0) names += i + 1 == choices.size() ? " or " : ", ";
        names += ToString(choices[i]);
    }
    std::string initial(ToString(into));
    const auto set = [&into, all = std::move(choices)](const std::string& text) {
        const auto found = std::find_if(all.begin(), all.end(), [&](T each) { return ToString(each) == text; });
        if (found == all.end()) return false;
        into = *found;
        return true;
    };
    return {std::move(names), std::move(initial), set};
}

[[nodiscard]] Arguments::Value Engine(iocp::EngineKind& into);

[[nodiscard]] Arguments::Value Text(std::string& into);

// "127.0.0.1", "::1", or "*" for every address of the machine.
[[nodiscard]] Arguments::Value ListenAddress(std::string& into);

// "127.0.0.1:12345" or "[::1]:12345".
[[nodiscard]] Arguments::Value AddressAndPort(iocp::Endpoint& into);
