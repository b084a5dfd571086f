package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"vigie/internal/diag"
)

// page lays the help of a command out in the user's language.
func (t *terminal) page(c *cobra.Command) string {
	var b strings.Builder
	about := c.Long
	if about == "" {
		about = c.Short
	}
	fmt.Fprintf(&b, "%s\n\n%s\n  ", strings.TrimSpace(about), t.say(text{"Usage :", "Usage:"}))
	if c.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "%s %s\n", c.CommandPath(), t.say(text{"COMMANDE", "COMMAND"}))
	} else {
		fmt.Fprintf(&b, "%s [options]\n", c.UseLine())
	}
	if c.HasExample() {
		fmt.Fprintf(&b, "\n%s\n%s\n", t.say(text{"Exemples :", "Examples:"}), c.Example)
	}
	if c.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "\n%s\n", t.say(text{"Commandes :", "Commands:"}))
		for _, sub := range c.Commands() {
			if sub.IsAvailableCommand() || sub.Name() == "help" {
				fmt.Fprintf(&b, "  %-*s %s\n", sub.NamePadding(), sub.Name(), sub.Short)
			}
		}
	}
	options := func(title text, fs *pflag.FlagSet) {
		if fs.HasAvailableFlags() {
			usages := strings.TrimRight(fs.FlagUsages(), "\n")
			fmt.Fprintf(&b, "\n%s\n%s\n", t.say(title), strings.ReplaceAll(usages, "(default ", t.say(text{"(par défaut ", "(default "})))
		}
	}
	options(text{"Options :", "Options:"}, c.LocalFlags())
	options(text{"Options communes :", "Common options:"}, c.InheritedFlags())
	return b.String()
}

// translate gives the texts that the command library writes by itself in the
// user's language, and its errors a hint.
func (t *terminal) translate(c *cobra.Command) {
	c.DisableFlagsInUseLine = true // page says it
	c.InitDefaultHelpFlag()
	c.Flags().Lookup("help").Usage = t.say(text{"cette aide", "this help"})
	if f := c.Flags().Lookup("no-descriptions"); f != nil {
		f.Usage = t.say(text{"sans les descriptions", "without descriptions"})
	}
	switch {
	case c.Name() == "completion":
		c.Short, c.Long = t.say(text{"complétion pour bash, zsh, fish, PowerShell", "completion for bash, zsh, fish, PowerShell"}), ""
	case c.HasParent() && c.Parent().Name() == "completion":
		c.Short = t.say(text{"script de complétion pour %s", "completion script for %s"}, c.Name())
		c.Long, c.Args = "", t.atMost(0)
	}
	if c.HasSubCommands() {
		c.Args = t.known
		c.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	}
	for _, sub := range c.Commands() {
		t.translate(sub)
	}
}

// helpCommand prints the help of a command.
func helpCommand(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use:   t.say(text{"help [COMMANDE]", "help [COMMAND]"}),
		Short: t.say(text{"aide d’une commande", "help on a command"}),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, rest, err := cmd.Root().Find(args)
			switch {
			case err != nil:
				return t.known(cmd.Root(), args)
			case len(rest) > 0:
				return t.known(c, rest)
			}
			return c.Help()
		},
	}
}

// known refuses what is no command below c.
func (t *terminal) known(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, sub := range c.Commands() {
		names = append(names, sub.Name())
	}
	if near := diag.Nearest(args[0], names); near != "" {
		near = c.CommandPath() + " " + near
		return t.usage(text{"commande inconnue : %q", "unknown command %q"}, text{"« " + near + " » ?", `did you mean "` + near + `"?`}, args[0])
	}
	return t.usage(text{"commande inconnue : %q", "unknown command %q"}, t.seeHelp(c), args[0])
}

// atMost refuses more than n arguments.
func (t *terminal) atMost(n int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) > n {
			return t.usage(text{"argument en trop : %q", "one argument too many: %q"}, t.seeHelp(c), args[n])
		}
		return nil
	}
}

func (t *terminal) seeHelp(c *cobra.Command) text {
	return text{"voir « " + c.CommandPath() + " --help »", `see "` + c.CommandPath() + ` --help"`}
}

// flagError words what is wrong with an option.
func (t *terminal) flagError(c *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var missing *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	hint := t.seeHelp(c)
	switch {
	case errors.As(err, &unknown):
		name := "-" + unknown.GetSpecifiedShortnames()
		if name == "-" {
			name = "--" + unknown.GetSpecifiedName()
		}
		return t.usage(text{"option inconnue : %s", "unknown option %s"}, hint, name)
	case errors.As(err, &missing):
		return t.usage(text{"il manque une valeur à l’option --%s", "option --%s needs a value"}, hint, missing.GetFlag().Name)
	case errors.As(err, &invalid):
		return t.usage(text{"valeur refusée pour --%s : %q", "bad value for --%s: %q"}, hint, invalid.GetFlag().Name, invalid.GetValue())
	}
	return t.usage(text{"option mal écrite : %s", "badly written option: %s"}, hint, err.Error())
}
