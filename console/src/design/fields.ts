/** Fields, dialogs and menus with their style sheets, which come with the first screen that has one. */

import "./fields.css";

export {
  Alert,
  Autocomplete,
  Checkbox,
  Drawer,
  FileButton,
  Menu,
  Modal,
  MultiSelect,
  NativeSelect,
  NumberInput,
  PasswordInput,
  PinInput,
  Popover,
  Radio,
  SegmentedControl,
  Select,
  Slider,
  Switch,
  Tabs,
  TextInput,
  Textarea,
  Tooltip,
} from "@mantine/core";
