package servers

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const howToGet = "npm install --no-save --prefix integration amplify-dynamodb-simulator dynalite " +
	"@aws-sdk/client-dynamodb @aws-sdk/client-dynamodb-streams @aws-sdk/lib-dynamodb"

// InModules returns a folder that a variable names, or else one that npm has made beside the tests.
func InModules(variable, within, file string) (string, error) {
	dir := os.Getenv(variable)
	if dir == "" {
		dir = filepath.Join("node_modules", within)
		if _, err := os.Stat("node_modules"); err != nil {
			dir = filepath.Join("..", dir) // of the module, which a package of it is one folder below
		}
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(filepath.Join(dir, file)); err != nil {
		return "", Absent{fmt.Sprintf("there is no %s in %s: run %s, or have %s name its folder",
			file, dir, howToGet, variable)}
	}
	return dir, nil
}

// Needs looks for a program that another one runs with.
func Needs(program, whose string) error {
	if _, err := exec.LookPath(program); err != nil {
		return Absent{fmt.Sprintf("%s needs the program %s, which is not on this machine", whose, program)}
	}
	return nil
}

func startDynamoDBLocal() (*Server, error) {
	dir, err := InModules("TIDEMARK_DYNAMODB_LOCAL", "amplify-dynamodb-simulator/emulator", "DynamoDBLocal.jar")
	if err == nil {
		err = Needs("java", "DynamoDB Local")
	}
	if err != nil {
		return nil, err
	}
	return beginAt("DynamoDB Local", func(port string) *exec.Cmd {
		c := exec.Command("java", "-Djava.library.path=./DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar",
			"-inMemory", "-sharedDb", "-disableTelemetry", "-port", port)
		c.Dir = dir
		return c
	})
}

func startDynalite() (*Server, error) {
	dir, err := InModules("TIDEMARK_DYNALITE", "dynalite", "cli.js")
	if err == nil {
		err = Needs("node", "dynalite")
	}
	if err != nil {
		return nil, err
	}
	return beginAt("dynalite", func(port string) *exec.Cmd {
		c := exec.Command("node", "cli.js", "--host", "127.0.0.1", "--port", port,
			"--createTableMs", "0", "--deleteTableMs", "0", "--updateTableMs", "0")
		c.Dir = dir
		return c
	})
}

func startMoto() (*Server, error) {
	if err := Needs("python3", "moto's server"); err != nil {
		return nil, err
	}
	if out, err := exec.Command("python3", "-c", "import moto.server").CombinedOutput(); err != nil {
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		return nil, Absent{fmt.Sprintf("python3 cannot import moto.server (%s): run pip install 'moto[server]'",
			lines[len(lines)-1])}
	}
	return beginAt("moto", func(port string) *exec.Cmd {
		return exec.Command("python3", "-m", "moto.server", "-H", "127.0.0.1", "-p", port)
	})
}
