"""What a person can change of their settings while the lab runs: keys now, kept for the next time."""

from dataclasses import replace

from nntui.plotting.colours import Colours
from nntui_engine.errors import InputError

from .config import Config, config_file, sign_of
from .config_writing import keep_setting
from .keys import Action, actions, key_taken
from .mouse_actions import MouseActions
from .screens.keys import KeysScreen
from .themes import colours_named, textual_theme, variables


class SettingsActions(MouseActions):
    """The app as far as a person's own settings are concerned."""

    colours: Colours
    _config: Config
    _lab_actions: tuple[Action, ...]

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The colours that the style sheet names."""
        return variables(self.colours)

    def choose_colours(self, name: str) -> None:
        """Shows everything in the colours of a theme, from now on and the next time."""
        self.colours = colours_named(name)
        self.plot_theme = self.model.theme = replace(self.plot_theme, colours=self.colours)
        self.register_theme(textual_theme(self.colours))
        self.theme = textual_theme(self.colours).name
        if self.lab_screen is not None:
            self.lab_screen.set_theme(self.plot_theme)
        self._config = replace(self._config, theme=name)
        trouble = self._kept("", "theme", name)
        words = f"Theme: {name}, for now; it is not kept: {trouble}" if trouble else f"Theme: {name}."
        self.say(words, error=bool(trouble), log=False)

    def action_keys(self) -> None:
        """Shows every action with its keys, to be changed."""
        self._open(KeysScreen(self._lab_actions, self.plot_theme, self.change_keys))

    def change_keys(self, action_id: str, keys: list[str] | None) -> tuple[tuple[Action, ...], str]:
        """Gives an action these keys (as Textual calls them), or its own for None, from now on.

        Returns all actions, and "" or why that cannot be kept. Raises InputError where a key is another action's.
        """
        taken = key_taken(self._lab_actions, action_id, keys)
        if taken:
            raise InputError(taken)
        changed = {name: words for name, words in self._config.keys.items() if name != action_id}
        written: str | list[str] | None = None
        if keys is not None:
            changed[action_id] = ",".join(dict.fromkeys(keys))
            signs = [sign_of(key) for key in dict.fromkeys(keys)]
            written = signs[0] if len(signs) == 1 else signs
        found = actions(changed)
        self._config = replace(self._config, keys=changed)
        self._lab_actions = self.model.actions = found
        self.set_keymap(changed)
        self.redraw()
        return found, self._kept("keys", action_id, written)

    def _kept(self, table: str, name: str, value: str | list[str] | bool | None) -> str:
        """Writes a setting into the person's file; "" or why that cannot be."""
        try:
            keep_setting(config_file(), table, name, value)
        except InputError as error:
            return str(error)
        return ""
