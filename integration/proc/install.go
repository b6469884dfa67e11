package proc

import (
	"os"
	"syscall"
)

// Install writes a program that can be run at once. A process that is started while the file is open for writing has it
// open too, until it runs a program of its own, and the kernel refuses to run a file that anybody writes ("text file busy",
// go.dev/issue/22315): so none is started meanwhile.
func Install(path string, content []byte) error {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	return os.WriteFile(path, content, 0o700)
}
