// What a program in C++ makes of the interface: handles that free themselves, and errors as exceptions.
#include <durable_store.h>

#include <cstring>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>

struct Free {
    void operator()(durable_store *store) const { durable_store_free(store); }
    void operator()(durable_store_error *error) const { durable_store_error_free(error); }
};

static std::unique_ptr<durable_store, Free> open(const std::string &text) {
    durable_store *store = nullptr;
    durable_store_error *error = nullptr;
    if (durable_store_open(text.data(), text.size(), &store, &error) != DURABLE_STORE_OK) {
        std::unique_ptr<durable_store_error, Free> owned(error);
        throw std::runtime_error(durable_store_error_message(error));
    }
    return std::unique_ptr<durable_store, Free>(store);
}

int main() {
    if (std::strlen(durable_store_version()) == 0) return 1;
    open("cassandra://127.0.0.1");
    try {
        open("cassandra://");
    } catch (const std::exception &error) {
        std::cout << error.what() << std::endl;
        return 0;
    }
    return 1;
}
