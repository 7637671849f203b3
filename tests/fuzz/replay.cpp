// SPDX-License-Identifier: MIT
// Gives each file that it is told, or each in a folder, to a fuzz target once, where there is no libFuzzer to do it.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void Replay(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

std::size_t ReplayAll(const std::filesystem::path& path) {
    if (!std::filesystem::is_directory(path)) {
        Replay(path);
        return 1;
    }
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(path)) count += ReplayAll(entry.path());
    return count;
}

}  // namespace

int main(int argc, char** argv) {
    std::size_t count = 0;
    for (int i = 1; i < argc; ++i) count += ReplayAll(argv[i]);
    std::printf("%zu inputs\n", count);
    return count == 0 ? 1 : 0;
}
