// SPDX-License-Identifier: MIT
#include "arguments.h"

#include <cstdint>
#include <iomanip>
#include <iostream>

namespace {

bool IsOption(std::string_view word) { return word.size() > 1 && word.front() == '-'; }

}  // namespace

Arguments::Arguments(std::string program, std::string purpose)
    : program_(std::move(program)), purpose_(std::move(purpose)) {}

void Arguments::Add(std::string usage, std::string help, Value value) {
    std::string name = usage.substr(0, usage.find(' '));
    options_.push_back({std::move(name), std::move(usage), std::move(help), std::move(value)});
}

std::optional<int> Arguments::Read(int count, const char* const* values) {
    const std::vector<std::string> words(values + 1, values + count);
    if (std::find(words.begin(), words.end(), "--help") != words.end()) {
        PrintHelp();
        return 0;
    }
    const auto alone = std::find_if(options_.begin(), options_.end(), [](auto& each) { return !IsOption(each.name); });
    bool alone_is_set = alone == options_.end();
    for (auto word = words.begin(); word != words.end(); ++word) {
        const std::string name = IsOption(*word) ? word->substr(0, word->find('=')) : "";
        if (name.empty()) {
            if (alone_is_set || !alone->value.set(*word)) return Refuse("\"" + *word + "\" is one word too many");
            alone_is_set = true;
            continue;
        }
        const auto option =
            std::find_if(options_.begin(), options_.end(), [&](auto& each) { return each.name == name; });
        if (option == options_.end())
            return Refuse("there is no option " + name + ": --help shows those that there are");

        const bool joined = name.size() < word->size();
        if (!joined && word + 1 == words.end()) return Refuse(name + " takes " + option->value.expected);
        const std::string value = joined ? word->substr(name.size() + 1) : *++word;
        if (!option->value.set(value))
            return Refuse(name + " takes " + option->value.expected + ", not \"" + value + "\"");
    }
    return std::nullopt;
}

int Arguments::Refuse(const std::string& sentence) const {
    std::cerr << program_ << ": " << sentence << '\n';
    return 2;
}

void Arguments::PrintHelp() const {
    std::cout << program_;
    for (const Option& option : options_)
        std::cout << " [" << option.usage << ']';
    std::cout << '\n' << purpose_ << "\n\n" << std::left;
    for (const Option& option : options_) {
        std::cout << "  " << std::setw(20) << option.usage << ' ' << option.help;
        if (!option.value.initial.empty()) std::cout << " (default " << option.value.initial << ')';
        std::cout << '\n';
    }
    std::cout << "  " << std::setw(20) << "--help" << " shows this\n";
}

Arguments::Value Engine(iocp::EngineKind& into) {
    using iocp::EngineKind;
    return OneOf(into, {EngineKind::Auto, EngineKind::Iocp, EngineKind::IoUring, EngineKind::Epoll});
}

Arguments::Value Text(std::string& into) {
    const auto set = [&into](const std::string& text) {
        into = text;
        return true;
    };
    return {"a word", into, set};
}

Arguments::Value ListenAddress(std::string& into) {
    const auto set = [&into](const std::string& text) {
        if (text != "*" && !iocp::Endpoint::Parse(text, 0)) return false;
        into = text;
        return true;
    };
    return {"a numeric address like 127.0.0.1 or ::1, or * for all", into, set};
}

Arguments::Value AddressAndPort(iocp::Endpoint& into) {
    const auto set = [&into](const std::string& text) {
        const std::size_t colon = text.rfind(':');
        std::uint16_t port = 0;
        if (colon == std::string::npos || !Number<std::uint16_t>(port, 1, 65'535).set(text.substr(colon + 1)))
            return false;
        const bool bracketed = colon >= 2 && text.front() == '[' && text[colon - 1] == ']';
        const std::string address = bracketed ? text.substr(1, colon - 2) : text.substr(0, colon);
        const auto endpoint = iocp::Endpoint::Parse(address, port);
        if (!endpoint) return false;
        into = *endpoint;
        return true;
    };
    return {"a numeric address and a port, like 127.0.0.1:12345", into.ToString(), set};
}
